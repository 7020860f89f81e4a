import { type Client, createClient, type Transport } from "@connectrpc/connect";
import { CatalogService } from "./gen/laurel/v1/catalog_service_pb.js";
import { ContestService } from "./gen/laurel/v1/contest_service_pb.js";
import { IngestService } from "./gen/laurel/v1/ingest_service_pb.js";
import { LeaderboardService } from "./gen/laurel/v1/leaderboard_service_pb.js";
import { OperatorService } from "./gen/laurel/v1/operator_service_pb.js";
import { PlayerService } from "./gen/laurel/v1/player_service_pb.js";
import { TelemetryService } from "./gen/laurel/v1/telemetry_service_pb.js";

/** Clients are the typed callers of every service. */
export interface Clients {
  readonly catalog: Client<typeof CatalogService>;
  readonly contest: Client<typeof ContestService>;
  readonly ingest: Client<typeof IngestService>;
  readonly leaderboard: Client<typeof LeaderboardService>;
  readonly operator: Client<typeof OperatorService>;
  readonly player: Client<typeof PlayerService>;
  readonly telemetry: Client<typeof TelemetryService>;
}

/** createClients gives one caller per service over a transport. */
export function createClients(transport: Transport): Clients {
  return {
    catalog: createClient(CatalogService, transport),
    contest: createClient(ContestService, transport),
    ingest: createClient(IngestService, transport),
    leaderboard: createClient(LeaderboardService, transport),
    operator: createClient(OperatorService, transport),
    player: createClient(PlayerService, transport),
    telemetry: createClient(TelemetryService, transport),
  };
}

export {
  CatalogService,
  ContestService,
  IngestService,
  LeaderboardService,
  OperatorService,
  PlayerService,
  TelemetryService,
};
