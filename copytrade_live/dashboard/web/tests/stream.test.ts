import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { waitBefore } from "../src/api/backoff";
import { follow, type StreamState } from "../src/api/stream";

/** The browser's event source, as far as a page can see it. */
class Line extends EventTarget {
  static readonly all: Line[] = [];
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;
  isClosed = false;

  constructor(readonly address: string) {
    super();
    Line.all.push(this);
  }

  close(): void {
    this.isClosed = true;
  }

  say(name: string, data: string): void {
    this.dispatchEvent(new MessageEvent(name, { data }));
  }
}

function last(): Line {
  const line = Line.all.at(-1);
  if (line === undefined) throw new Error("no line was opened");
  return line;
}

beforeEach(() => {
  vi.useFakeTimers();
  Line.all.length = 0;
  vi.stubGlobal("EventSource", Line);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function listen() {
  const states: StreamState["phase"][] = [];
  const told: string[] = [];
  let opened = 0;
  const stop = follow("/api/events", {
    on: (event, data) => told.push(`${event} ${data}`),
    onOpen: () => (opened += 1),
    onState: (state) => states.push(state.phase),
  });
  return { states, told, stop, opened: () => opened };
}

test("what the server tells arrives, and the page is live", () => {
  const seen = listen();
  last().onopen?.();
  last().say("signal", "{}");
  expect(seen.told).toEqual(["signal {}"]);
  expect(seen.states.at(-1)).toBe("live");
  seen.stop();
  expect(last().isClosed).toBe(true);
});

test("a lost line is stale at once and taken up again ever more slowly, and everything is read afresh then", () => {
  const seen = listen();
  last().onopen?.();
  last().onerror?.();
  expect(seen.states.at(-1)).toBe("stale");
  vi.advanceTimersByTime(1_000);
  expect(Line.all.length).toBe(2);
  last().onerror?.();
  vi.advanceTimersByTime(900);
  expect(Line.all.length).toBe(2);
  vi.advanceTimersByTime(1_100);
  expect(Line.all.length).toBe(3);
  last().onopen?.();
  expect([seen.states.at(-1), seen.opened()]).toEqual(["live", 2]);
  seen.stop();
});

test("a line that says nothing for half a minute counts as lost", () => {
  const seen = listen();
  last().onopen?.();
  vi.advanceTimersByTime(29_000);
  expect(seen.states.at(-1)).toBe("live");
  vi.advanceTimersByTime(1_500);
  expect(seen.states.at(-1)).toBe("stale");
  seen.stop();
});

test("waits double up to half a minute and are spread", () => {
  expect([1, 2, 3, 4, 5, 6, 20].map((attempt) => waitBefore(attempt, 1))).toEqual([
    1000, 2000, 4000, 8000, 16000, 30000, 30000,
  ]);
  expect(waitBefore(1, 0)).toBe(500);
});
