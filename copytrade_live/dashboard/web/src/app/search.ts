import { rejectReasonValues, signalRowDecisionValues } from "../api/schema";
import type { Schemas } from "../api/types";

/** What the signal feed is filtered by. */
export interface SignalSearch {
  outcome?: Schemas["SignalRow"]["decision"];
  reason?: Schemas["RejectReason"];
  leader?: string;
}

/** The named words of an address that are texts; anything else in it is ignored. */
export function text<Name extends string>(
  search: Record<string, unknown>,
  ...names: Name[]
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search[name];
    if (typeof value === "string" && value !== "") found[name] = value;
  }
  return found;
}

/** The feed's filter as an address has it; words that mean nothing are ignored. */
export function signalSearch(search: Record<string, unknown>): SignalSearch {
  const outcome = signalRowDecisionValues.find((one) => one === search["outcome"]);
  const reason = rejectReasonValues.find((one) => one === search["reason"]);
  const leader =
    typeof search["leader"] === "string" && /^0x[0-9a-f]{40}$/.test(search["leader"]) ? search["leader"] : "";
  return { ...(outcome && { outcome }), ...(reason && { reason }), ...(leader && { leader }) };
}
