import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLine } from "../app/LineContext";
import type { Instant } from "../format/times";
import { overviewQuery } from "./queries";

// While the stream is down the pages ask by themselves.
const ASK_MS = 5_000;

/** The overview, as fresh as the stream or, without it, as asking makes it. */
export function useOverview() {
  const { phase } = useLine();
  return useQuery({ ...overviewQuery, refetchInterval: phase === "live" ? false : ASK_MS });
}

/** The runner's time: in a sandbox it may run fast. */
export function useNow(): Instant {
  const [opened] = useState(() => Date.now());
  return useOverview().data?.now_at ?? opened;
}
