import type { QueryClient } from "@tanstack/react-query";
import { healthQuery, overviewQuery, positionsQuery } from "./queries";
import type { Schemas } from "./types";

type Told = Schemas["StreamEvents"];

/** Asks for something again, at most once in a while however often it is called for. */
export function eased(ask: () => void, every: number): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isWanted = false;
  const done = (): void => {
    timer = undefined;
    if (isWanted) again();
  };
  const again = (): void => {
    if (timer !== undefined) {
      isWanted = true;
      return;
    }
    isWanted = false;
    ask();
    timer = setTimeout(done, every);
  };
  return again;
}

/** Puts what the stream tells where the pages read it. */
export function intoCache(queries: QueryClient): (event: string, data: string) => void {
  const again = (key: string, every: number): (() => void) =>
    eased(() => void queries.invalidateQueries({ queryKey: [key] }), every);
  const signals = again("signals", 1_000);
  const slow = ["equity", "pnl", "leaders", "marks"].map((key) => again(key, 5_000));
  const switched = ["audit", "controls", "leaders", "config"].map((key) => again(key, 500));
  return (event, data) => {
    switch (event) {
      case "overview":
        queries.setQueryData(overviewQuery.queryKey, JSON.parse(data) as Told["overview"]);
        break;
      case "position":
        queries.setQueryData(positionsQuery.queryKey, JSON.parse(data) as Told["position"]);
        slow.forEach((ask) => {
          ask();
        });
        break;
      case "signal":
        signals();
        slow.forEach((ask) => {
          ask();
        });
        break;
      case "audit":
        switched.forEach((ask) => {
          ask();
        });
        break;
      case "health":
        queries.setQueryData(healthQuery.queryKey, JSON.parse(data) as Told["health"]);
        break;
      case "reset":
        void queries.invalidateQueries();
        break;
    }
  };
}
