package api

import (
	"context"
	"time"

	laurelv1 "github.com/laurelhq/laurel/gen/laurel/v1"
)

// playerService keeps public names and mints player tokens.
type playerService struct{ *API }

// SetPublicName sets the name others see.
func (s playerService) SetPublicName(ctx context.Context, request *laurelv1.SetPublicNameRequest) (*laurelv1.SetPublicNameResponse, error) {
	shown, err := s.Identity.SetPublicName(ctx, request.GetUserId(), request.GetPublicName())
	if err != nil {
		return nil, err
	}
	if s.Renamed != nil {
		s.Renamed(request.GetUserId())
	}
	return &laurelv1.SetPublicNameResponse{Name: shown.Name}, nil
}

// MintPlayerToken returns a token for the player's own client.
func (s playerService) MintPlayerToken(ctx context.Context,
	request *laurelv1.MintPlayerTokenRequest) (*laurelv1.MintPlayerTokenResponse, error) {
	token, err := s.Identity.MintPlayerToken(request.GetUserId(), time.Duration(request.GetTtlSeconds())*time.Second)
	if err != nil {
		return nil, err
	}
	notStored(ctx)
	return &laurelv1.MintPlayerTokenResponse{Token: token}, nil
}
