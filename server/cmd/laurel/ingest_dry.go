package main

import (
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
	"github.com/laurelhq/laurel/server/event"
)

// checked judges events as a server would, as far as that needs none. A currency that only a server knows is let pass.
func checked(registry *event.Registry, events []*laurelv1.Event) []*laurelv1.EventResult {
	results := make([]*laurelv1.EventResult, len(events))
	for i, e := range events {
		results[i] = &laurelv1.EventResult{Status: laurelv1.EventStatus_EVENT_STATUS_ACCEPTED}
		problem := registry.Normalise(proto.CloneOf(e), time.Time{}, -1)
		if problem == nil || strings.HasSuffix(problem.Field, "currency") {
			continue
		}
		results[i] = &laurelv1.EventResult{Status: laurelv1.EventStatus_EVENT_STATUS_REJECTED, Field: problem.Field, Reason: problem.Message}
	}
	return results
}
