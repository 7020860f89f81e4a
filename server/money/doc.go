// Package money knows currencies, those of ISO 4217 and others that are handed to it, how many decimal places their minor unit has, and
// exact decimals to turn amounts of one into amounts of another.
//
// Amounts are int64 minor units with a code beside them. The package never holds a float: whoever needs
// major units in a formula scales by 10^-exponent at the edge of that formula.
//
// Invariant: a code is known here or it is refused at the edge, so code past the edge may rely on Exponent answering true.
// An amount is rounded once, half to even, when it becomes minor units.
package money
