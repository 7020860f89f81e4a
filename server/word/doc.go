// Package word is what every door does with words from outside before it shows them: it cuts them short, quotes them, refuses those that
// can't be shown, and names what was meant.
//
// It knows no other package, since all may import it.
package word
