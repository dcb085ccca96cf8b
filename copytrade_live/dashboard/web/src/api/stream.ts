import { waitBefore } from "./backoff";

/** Whether the page is live. since: when the last word came (this machine's clock), null before the first. */
export interface StreamState {
  phase: "connecting" | "live" | "stale";
  since: number | null;
}

/** What to do with what the stream tells. */
export interface Listener {
  on: (event: string, data: string) => void;
  onOpen: () => void;
  onState: (state: StreamState) => void;
}

export const EVENTS = ["overview", "signal", "position", "audit", "health", "reset"] as const;

// The server says something at least every few seconds; a line that is silent for longer is dead.
const SILENCE_MS = 30_000;

/** Follow the server's events until the returned function is called; a lost line is taken up again, ever more slowly. */
export function follow(address: string, listener: Listener): () => void {
  let source: EventSource | null = null;
  let attempt = 0;
  let since: number | null = null;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let silence: ReturnType<typeof setTimeout> | undefined;

  const heard = (): void => {
    since = Date.now();
    clearTimeout(silence);
    silence = setTimeout(lost, SILENCE_MS);
    listener.onState({ phase: "live", since });
  };

  const lost = (): void => {
    source?.close();
    clearTimeout(silence);
    clearTimeout(retry);
    attempt += 1;
    listener.onState({ phase: "stale", since });
    retry = setTimeout(connect, waitBefore(attempt, Math.random()));
  };

  const connect = (): void => {
    source = new EventSource(address);
    source.onopen = () => {
      attempt = 0;
      heard();
      listener.onOpen();
    };
    source.onerror = lost;
    for (const name of [...EVENTS, "ping"]) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        heard();
        listener.on(name, event.data);
      });
    }
  };

  listener.onState({ phase: "connecting", since });
  connect();
  return () => {
    source?.close();
    clearTimeout(silence);
    clearTimeout(retry);
  };
}
