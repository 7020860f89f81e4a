package event

import (
	"net/netip"
	"strconv"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// normaliseDevice checks what the device must be beyond its bounds; a word in place of the autonomous system's number is its category.
func normaliseDevice(d *laurelv1.Device) *Problem {
	if d == nil {
		return nil
	}
	if d.Asn != "" && d.AsnCategory == "" && !isASNumber(d.Asn) {
		category := strings.ToLower(d.Asn)
		if most := contract.byPath["device.asn_category"].longest; len(category) > most {
			return problemf("device.asn", "must be a number such as AS3320, or a category of at most %d bytes, but is %s", most, word.Quote(d.Asn))
		}
		d.AsnCategory = category
	}
	return checkIP(d.Ip)
}

func isASNumber(asn string) bool {
	digits := asn
	if len(asn) > 2 && strings.EqualFold(asn[:2], "AS") {
		digits = asn[2:]
	}
	_, err := strconv.ParseUint(digits, 10, 32)
	return err == nil
}

func checkIP(ip string) *Problem {
	if ip == "" {
		return nil
	}
	if at, err := netip.ParseAddr(ip); err != nil || at.Zone() != "" {
		return problemf("device.ip", "must be an IPv4 or IPv6 address such as 203.0.113.24, but is %s", word.Quote(ip))
	}
	return nil
}
