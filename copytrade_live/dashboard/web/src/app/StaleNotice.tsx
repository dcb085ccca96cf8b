import { useEffect, useState } from "react";
import { clockTime, span } from "../format/times";
import { useLine } from "./LineContext";
import css from "./Shell.module.css";

/** Says since when the page is not live. Times here are this machine's, not the runner's. */
export function StaleNotice() {
  const { phase, since } = useLine();
  const now = useTicking(phase === "stale");
  if (phase !== "stale") return null;
  return (
    <div className={css["stale"]} role="status">
      <strong>
        {since === null ? "Not live" : `Stale since ${clockTime(since)} UTC (${span((now - since) / 1000)})`}
      </strong>
      <span>
        The live stream dropped. What you see is being asked for every few seconds; trying to get it back.
      </span>
    </div>
  );
}

function useTicking(isOn: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }, [isOn]);
  return now;
}
