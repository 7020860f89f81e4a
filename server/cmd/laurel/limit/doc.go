// Package limit measures what this machine gives to bare SQL: the same rows appended and the same standings updated as on the whole way
// through a server, by nothing but statements, on the same cores. It holds no code of the product and nothing imports it; make bench shows
// the whole way as a share of its figures.
package limit
