// Command laurel is the server and its tools: one verb a file, and wire.go, which builds the server top to bottom in the
// order of the flow. It is the only place that reads the wall clock and the environment.
package main
