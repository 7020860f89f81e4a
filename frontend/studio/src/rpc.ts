import { Code, ConnectError } from "@connectrpc/connect";
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";

const finalCodes: readonly Code[] = [
  Code.Unauthenticated,
  Code.PermissionDenied,
  Code.NotFound,
  Code.InvalidArgument,
  Code.FailedPrecondition,
  Code.Unimplemented,
];

/** Whether asking again can't help: the answer would be the same. */
export function isFinal(error: unknown): boolean {
  return finalCodes.includes(ConnectError.from(error).code);
}

export function isUnauthenticated(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Unauthenticated;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.NotFound;
}

/** Tries twice more, except where asking again can't help. */
const retryLimit = 2;

/** A query client that calls back once a call finds the session gone. */
export function studioQueryClient(onSignedOut: () => void): QueryClient {
  const watch = (error: unknown): void => {
    if (isUnauthenticated(error)) onSignedOut();
  };
  return new QueryClient({
    queryCache: new QueryCache({ onError: watch }),
    mutationCache: new MutationCache({ onError: watch }),
    defaultOptions: {
      queries: {
        staleTime: 2_000,
        retry: (failures, error) => failures < retryLimit && !isFinal(error),
      },
    },
  });
}
