package realtime

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

// busChannel is where processes tell each other, below the installation's prefix.
const busChannel = "realtime:changed"

const (
	// tellTime bounds one message to the other processes.
	tellTime = 2 * time.Second
	// quietTime is how long nothing may be heard before Redis is asked whether it is there, and how long it may take to answer that.
	quietTime = 5 * time.Second
)

// errSilent says that Redis has the connection and doesn't answer on it.
var errSilent = errors.New("redis does not answer")

// RedisBus carries changes between processes by Redis pub/sub.
type RedisBus struct {
	client  redis.UniversalClient
	channel string
}

// NewRedisBus makes a bus over a client that it does not close. prefix keeps installations that share a Redis apart; it may be empty.
func NewRedisBus(client redis.UniversalClient, prefix string) *RedisBus {
	return &RedisBus{client: client, channel: prefix + busChannel}
}

// Publish sends all changes as one message.
func (b *RedisBus) Publish(ctx context.Context, changes []Change) error {
	message, err := json.Marshal(changes)
	if err != nil {
		return fmt.Errorf("encode board changes: %w", err)
	}
	if err := b.client.Publish(ctx, b.channel, message).Err(); err != nil {
		return fmt.Errorf("publish board changes: %w", err)
	}
	return nil
}

// Subscribe listens until ctx ends or Redis is gone, or gives no sign of life on a connection that seems whole.
func (b *RedisBus) Subscribe(ctx context.Context, deliver func([]Change)) error {
	subscription := b.client.Subscribe(ctx, b.channel)
	// Closing is also what ends a Receive when ctx ends.
	stop := context.AfterFunc(ctx, func() { _ = subscription.Close() })
	defer func() {
		if stop() {
			_ = subscription.Close()
		}
	}()
	for asked := false; ; {
		received, err := subscription.ReceiveTimeout(ctx, quietTime)
		var late net.Error
		switch {
		case err == nil:
			asked = false
		case ctx.Err() != nil || !errors.As(err, &late) || !late.Timeout():
			return fmt.Errorf("receive board changes: %w", err)
		case asked:
			return fmt.Errorf("receive board changes: %w", errSilent)
		default:
			if err := subscription.Ping(ctx); err != nil {
				return fmt.Errorf("receive board changes: %w", err)
			}
			asked = true
			continue
		}
		switch message := received.(type) {
		case *redis.Subscription:
			deliver([]Change{{}})
		case *redis.Message:
			var changes []Change
			if err := json.Unmarshal([]byte(message.Payload), &changes); err != nil {
				return fmt.Errorf("decode board changes: %w", err)
			}
			deliver(changes)
		}
	}
}
