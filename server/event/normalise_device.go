package event

import (
	"net/netip"
	"strconv"
	"strings"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/word"
)

// normaliseDevice checks the device; a word in place of the autonomous system's number is its category.
func normaliseDevice(d *laurelv1.Device) *Problem {
	if d == nil {
		return nil
	}
	if hasUnknown(d) {
		return unknownNumber("device")
	}
	if problem := checkText("device.platform", d.Platform, 0, maxPlatformBytes); problem != nil {
		return problem
	}
	if problem := checkText("device.asn", d.Asn, 0, maxWordBytes); problem != nil {
		return problem
	}
	if d.Asn != "" && d.AsnCategory == "" && !isASNumber(d.Asn) {
		category := strings.ToLower(d.Asn)
		if len(category) > maxCategoryBytes {
			return problemf("device.asn", "must be a number such as AS3320, or a category of at most %d bytes, but is %s", maxCategoryBytes, word.Quote(d.Asn))
		}
		d.AsnCategory = category
	}
	if problem := checkText("device.asn_category", d.AsnCategory, 0, maxCategoryBytes); problem != nil {
		return problem
	}
	if problem := checkText("device.fingerprint", d.Fingerprint, 0, maxPrintBytes); problem != nil {
		return problem
	}
	if problem := checkText("device.user_agent", d.UserAgent, 0, maxUserAgentBytes); problem != nil {
		return problem
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
	if len(ip) > maxIPBytes {
		return problemf("device.ip", "must be at most %d bytes, but has %d", maxIPBytes, len(ip))
	}
	if at, err := netip.ParseAddr(ip); err != nil || at.Zone() != "" {
		return problemf("device.ip", "must be an IPv4 or IPv6 address such as 203.0.113.24, but is %s", word.Quote(ip))
	}
	return nil
}
