// Package money knows currencies: their ISO 4217 codes and how many decimal places their minor unit has.
//
// Amounts are int64 minor units with a code beside them. The package never holds a float: whoever needs
// major units in a formula scales by 10^-exponent at the edge of that formula.
//
// Invariant: a code is known here or it is refused at the edge, so code past the edge may rely on Exponent answering true.
package money
