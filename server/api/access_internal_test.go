package api

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/laurelhq/laurel/server/identity"
)

// TestEveryProcedureHasItsRule reads the contracts: a procedure without a line in the access table can't be forgotten.
func TestEveryProcedureHasItsRule(t *testing.T) {
	t.Parallel()
	procedures := map[string]bool{}
	var names []string
	protoregistry.GlobalFiles.RangeFilesByPackage("laurel.v1", func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			names = append(names, string(service.FullName()))
			for j := range service.Methods().Len() {
				procedures["/"+string(service.FullName())+"/"+string(service.Methods().Get(j).Name())] = true
			}
		}
		return true
	})
	require.NotEmpty(t, procedures)
	for procedure := range procedures {
		assert.Contains(t, accessTable, procedure)
	}
	for procedure := range accessTable {
		if len(procedure) > len("/laurel.v1.") && procedure[:len("/laurel.v1.")] == "/laurel.v1." {
			assert.Contains(t, procedures, procedure, "the access table names a procedure that does not exist")
		}
	}
	slices.Sort(names)
	mounted := slices.Sorted(slices.Values(serviceNames))
	assert.Equal(t, names, mounted, "every service is mounted")
}

// TestUnknownProcedureIsDenied asks for something nobody listed, as an admin.
func TestUnknownProcedureIsDenied(t *testing.T) {
	t.Parallel()
	ctx := identity.WithCaller(t.Context(), identity.Caller{Kind: identity.APIKeyCaller, Scopes: identity.Scopes()})
	err := authorized(ctx, "/laurel.v1.IngestService/Forget")
	var f *failure
	require.ErrorAs(t, err, &f)
	assert.Equal(t, kindDenied, f.kind)
}
