package store

// RegisterArrays has a connection's types write arrays as the store does.
var RegisterArrays = registerArrays
