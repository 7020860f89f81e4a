package catalog

import "google.golang.org/protobuf/proto"

// Read reads a document that is written like a definition but never published, such as a mapping, into its message. The problems have line
// and field; the document, whose Place does the same for what the caller finds, is nil when nothing could be read.
func Read(name string, text []byte, into proto.Message) (*Document, []Problem) {
	src, problems := readSource(name, text, 0)
	if len(problems) > 0 {
		return nil, problems
	}
	document := &Document{Name: name, Yaml: string(text), Kind: src.scalar("kind"), source: src}
	problems, _ = src.decode(into, nil)
	return document, tidy(problems)
}
