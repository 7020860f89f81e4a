package store

import (
	"net"
	"time"
)

// dialer makes connections that notice a database which vanished without a word. timeout bounds connecting; 0 means none.
func dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{
		Timeout:         timeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: keepAliveIdle, Interval: keepAliveInterval, Count: keepAliveCount},
		ControlContext:  boundSilence,
	}
}
