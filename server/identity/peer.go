package identity

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
)

// maxForwardedHops bounds how many X-Forwarded-For entries are read, from the right.
const maxForwardedHops = 16

// Proxies are the networks whose X-Forwarded-For and X-Forwarded-Proto headers are believed.
type Proxies []netip.Prefix

// ParseProxies reads networks such as 10.0.0.0/8, or single addresses. The error names the entry.
func ParseProxies(entries []string) (Proxies, error) {
	var proxies Proxies
	for _, entry := range entries {
		entry = strings.TrimSpace(entry)
		if address, err := netip.ParseAddr(entry); err == nil {
			address = address.Unmap()
			proxies = append(proxies, netip.PrefixFrom(address, address.BitLen()))
			continue
		}
		prefix, err := netip.ParsePrefix(entry)
		if err != nil {
			return nil, fmt.Errorf("trusted proxy %q: want an address or a network such as 10.0.0.0/8", entry)
		}
		proxies = append(proxies, prefix.Masked())
	}
	return proxies, nil
}

// PeerAddress is the address of whoever sent the request: the socket's peer, or, when that is a listed proxy, the last
// X-Forwarded-For entry that is not a listed proxy itself. What a client wrote into the header further left never counts.
// The zero Addr when the request has no readable remote address.
func (p Proxies) PeerAddress(r *http.Request) netip.Addr {
	peer := socketAddress(r)
	if !p.contain(peer) {
		return peer
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for hop := range min(len(hops), maxForwardedHops) {
		address, err := netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1-hop]))
		if err != nil {
			return peer
		}
		peer = address.Unmap()
		if !p.contain(peer) {
			return peer
		}
	}
	return peer
}

// Secure reports whether the caller's own connection is https: ours, or the listed proxy's in front of us.
func (p Proxies) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	return p.contain(socketAddress(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

func (p Proxies) contain(address netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

func socketAddress(r *http.Request) netip.Addr {
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return remote.Addr().Unmap().WithZone("")
}
