import type { Score } from "../../api/types";
import { points } from "../../format/numbers";

// The upper end mirrors the lower 10 % bound: the same distance above the mean.
const Z90 = 1.2816;

/** Where a leader's edge likely lies: eight times in ten between low and high. */
export function likely(score: Score): { low: number; high: number; text: string } {
  const low = score.lcb10;
  const high = score.edge_mean + Z90 * score.edge_sd;
  return { low, high, text: `edge ${points(score.edge_mean)}, likely ${points(low)} to ${points(high)}` };
}

/** A scale that fits all of them, so that rows compare. */
export function reachOf(scores: readonly Score[]): number {
  return Math.max(0.01, ...scores.flatMap((score) => [Math.abs(score.lcb10), Math.abs(likely(score).high)]));
}
