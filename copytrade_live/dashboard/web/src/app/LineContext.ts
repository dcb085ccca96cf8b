import { createContext, useContext } from "react";
import type { StreamState } from "../api/stream";

export const LineContext = createContext<StreamState>({ phase: "connecting", since: null });

/** Whether the page is live. */
export function useLine(): StreamState {
  return useContext(LineContext);
}
