package catalog

// Step is the compile step of a kind. The package that knows what definitions of the kind mean hands it in, because imports point up the flow.
type Step struct {
	// Kind is the kind's name.
	Kind string
	// Check finds problems that only compiling shows, such as those of formulas. Line and Column of its problems count within the value of Field. It is given
	// definitions with other problems too and must not panic on them.
	Check func(definition Message) []Problem
}

// RunSteps adds what the steps of a document's kind find to the problems that Parse found, leaving out fields that have a problem already.
func RunSteps(document *Document, problems []Problem, steps ...Step) []Problem {
	if document == nil || document.Message == nil {
		return problems
	}
	found := problems
	for _, step := range steps {
		if step.Kind != document.Kind {
			continue
		}
		for _, problem := range document.Place(step.Check(document.Message)) {
			if !covered(problem.Field, problems) {
				found = append(found, problem)
			}
		}
	}
	return tidy(found)
}
