import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { client, take } from "./client";
import type { Schemas } from "./types";

type Receipt = Schemas["Receipt"];

/** A deed of the operator: sent, its receipt shown, and everything it may have changed read again. */
export function useDeed<Given>(told: string, send: (given: Given) => Promise<Receipt>, onDone?: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async () => {
      notifications.show({
        title: told,
        message: "The runner acts on it within a second; the audit trail shows when.",
      });
      onDone?.();
      await queries.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "session" });
    },
  });
}

/** Make no new entries; with stop nothing is posted any more. */
export const halt = (body: Schemas["HaltNow"]): Promise<Receipt> =>
  take(client.POST("/api/controls/halt", { body }));

/** Allow entries again. */
export const resume = (body: Schemas["Resume"]): Promise<Receipt> =>
  take(client.POST("/api/controls/resume", { body }));

/** Switch between paper and live, below the ceiling. */
export const setMode = (body: Schemas["SetMode"]): Promise<Receipt> =>
  take(client.POST("/api/controls/mode", { body }));

/** Copy a leader no more. */
export const cutOff = (wallet: string, note: string): Promise<Receipt> =>
  take(client.POST("/api/leaders/{wallet}/cutoff", { params: { path: { wallet } }, body: { note } }));

/** Copy a leader again. */
export const uncut = (wallet: string, note: string): Promise<Receipt> =>
  take(client.POST("/api/leaders/{wallet}/uncutoff", { params: { path: { wallet } }, body: { note } }));

/** Sell a position now. */
export const closePosition = (token_id: string, note: string): Promise<Receipt> =>
  take(client.POST("/api/positions/{token_id}/close", { params: { path: { token_id } }, body: { note } }));
