import { client, take } from "./client";
import type { Schemas } from "./types";

/** Decide the whole journal again by today's code and config. */
export const replay = (): Promise<Schemas["Replay"]> => take(client.POST("/api/replay", { body: {} }));

/** Decide the whole journal again by another config. */
export const whatIf = (config: string): Promise<Schemas["WhatIf"]> =>
  take(client.POST("/api/what-if", { body: { config } }));

/** Whether a config would be taken, and what it changes. */
export const validate = (config: string): Promise<Schemas["Validity"]> =>
  take(client.POST("/api/config/validate", { body: { config } }));
