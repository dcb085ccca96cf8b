import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ApiError, client, rememberCsrf, take } from "./client";
import type { Schemas, Session } from "./types";

/** Who is logged in; null when nobody is. */
export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      const session = await take(client.GET("/api/session", { signal }));
      rememberCsrf(session.csrf);
      return session;
    } catch (error) {
      if (error instanceof ApiError && error.isSessionGone) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: ({ signal }) => take(client.GET("/api/overview", { signal })),
});

export const equityQuery = queryOptions({
  queryKey: ["equity"],
  queryFn: ({ signal }) => take(client.GET("/api/equity", { signal, params: { query: { points: 600 } } })),
});

/** Realised and unrealised PnL by what made it. */
export const pnlQuery = (by: Schemas["PnlBy"]) =>
  queryOptions({
    queryKey: ["pnl", by],
    queryFn: ({ signal }) => take(client.GET("/api/pnl", { signal, params: { query: { by } } })),
    placeholderData: keepPreviousData,
  });

export const positionsQuery = queryOptions({
  queryKey: ["positions"],
  queryFn: ({ signal }) => take(client.GET("/api/positions", { signal })),
});

/** What a share of a position was worth since we hold it. */
export const marksQuery = (token_id: string) =>
  queryOptions({
    queryKey: ["marks", token_id],
    queryFn: ({ signal }) =>
      take(client.GET("/api/positions/{token_id}/marks", { signal, params: { path: { token_id } } })),
  });

export const leadersQuery = queryOptions({
  queryKey: ["leaders"],
  queryFn: ({ signal }) => take(client.GET("/api/leaders", { signal })),
});

/** One leader with the history of its scores. */
export const leaderQuery = (wallet: string) =>
  queryOptions({
    queryKey: ["leaders", wallet],
    queryFn: ({ signal }) =>
      take(client.GET("/api/leaders/{wallet}", { signal, params: { path: { wallet } } })),
  });

/** Why a signal was copied or refused. */
export const signalQuery = (signal_id: string) =>
  queryOptions({
    queryKey: ["signal", signal_id],
    queryFn: ({ signal }) =>
      take(client.GET("/api/signals/{signal_id}", { signal, params: { path: { signal_id } } })),
    staleTime: 5_000,
  });

export const backtestsQuery = queryOptions({
  queryKey: ["backtests"],
  queryFn: ({ signal }) => take(client.GET("/api/backtests", { signal })),
});

export const backtestQuery = (run_id: string) =>
  queryOptions({
    queryKey: ["backtests", run_id],
    queryFn: ({ signal }) =>
      take(client.GET("/api/backtests/{run_id}", { signal, params: { path: { run_id } } })),
    staleTime: Infinity,
  });

/** Two runs side by side. */
export const comparisonQuery = (a: string, b: string) =>
  queryOptions({
    queryKey: ["comparison", a, b],
    queryFn: ({ signal }) =>
      take(client.GET("/api/backtests/compare", { signal, params: { query: { a, b } } })),
    staleTime: Infinity,
  });

/** What every word of the wire means; it changes with the code alone. */
export const wordsQuery = queryOptions({
  queryKey: ["words"],
  queryFn: ({ signal }) => take(client.GET("/api/words", { signal })),
  staleTime: Infinity,
});

export const controlsQuery = queryOptions({
  queryKey: ["controls"],
  queryFn: ({ signal }) => take(client.GET("/api/controls", { signal })),
});

export const configQuery = queryOptions({
  queryKey: ["config"],
  queryFn: ({ signal }) => take(client.GET("/api/config", { signal })),
});

export const healthQuery = queryOptions({
  queryKey: ["health"],
  queryFn: ({ signal }) => take(client.GET("/api/health", { signal })),
});
