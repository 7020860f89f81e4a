package pipeline

import "sync/atomic"

// Role is the part that this process has in the fold, as its heartbeat saw it last. It is made before the pipeline, so that what is built
// before that can ask it; until the first heartbeat the process has no part.
type Role struct {
	owner, leads, behind atomic.Bool
	unwritable           atomic.Pointer[string]
}

// Folds reports whether this process folds, so that its boards get what is committed; another one may, while this one stands by.
func (r *Role) Folds() bool { return r.owner.Load() }

// Behind reports whether some process has folded events that boards have lacked for a while.
func (r *Role) Behind() bool { return r.behind.Load() }

// Leads reports whether this process is to do what one does for all.
func (r *Role) Leads() bool { return r.leads.Load() }

// Unwritable says why the last heartbeat could not be stored, when that is since the database can't be written; empty otherwise. A
// heartbeat comes more than once a second, so nothing has to be written to find out.
func (r *Role) Unwritable() string {
	if why := r.unwritable.Load(); why != nil {
		return *why
	}
	return ""
}
