import { useQuery } from "@connectrpc/connect-query";
import { OperatorService } from "@laurel/client";
import type { GetSessionResponse } from "@laurel/client/gen/laurel/v1/operator_service_pb.js";

/** Who is signed in. The studio's outer route has asked before any room is drawn, so the answer is there. */
export function useSession(): GetSessionResponse | undefined {
  return useQuery(OperatorService.method.getSession, {}, { staleTime: Number.POSITIVE_INFINITY }).data;
}
