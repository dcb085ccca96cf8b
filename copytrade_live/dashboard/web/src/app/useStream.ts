import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { intoCache } from "../api/live";
import { sessionQuery } from "../api/queries";
import { follow, type StreamState } from "../api/stream";

/** Keeps the pages live while this is on screen. */
export function useStream(): StreamState {
  const queries = useQueryClient();
  const [state, setState] = useState<StreamState>({ phase: "connecting", since: null });
  useEffect(() => {
    let wasOpen = false;
    return follow("/api/events", {
      on: intoCache(queries),
      onOpen: () => {
        // What was missed while the line was down is read again.
        if (wasOpen) void queries.invalidateQueries();
        wasOpen = true;
      },
      onState: (next) => {
        setState(next);
        if (next.phase === "stale") void queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
      },
    });
  }, [queries]);
  return state;
}
