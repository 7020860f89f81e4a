// Package zone knows the time zones that definitions and mappings may name.
//
// It owns a copy of the IANA time zone database, zoneinfo.zip of the Go distribution, and reads nothing else: neither the machine's zone
// files nor $ZONEINFO nor those of the toolchain, so that all processes of a version read a time alike, whatever their machines have.
//
// Only names of the IANA list are known: no right/ and posix/, which some machines have besides, no Factory and no Local.
package zone
