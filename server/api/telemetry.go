package api

import (
	"context"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// telemetryService shows how the engine does.
type telemetryService struct{ *API }

// GetPulse returns the figures of the last minutes.
func (s telemetryService) GetPulse(ctx context.Context, request *laurelv1.GetPulseRequest) (*laurelv1.GetPulseResponse, error) {
	pulse := &laurelv1.GetPulseResponse{Points: s.Telemetry.Pulse(int(request.GetSeconds()))}
	return pulse, s.Installation(ctx, pulse)
}
