import {
  IconActivityHeartbeat,
  IconAdjustments,
  IconChartHistogram,
  IconHistory,
  IconLayoutDashboard,
  IconPlayerPause,
  IconStack2,
  IconTrophy,
  IconWaveSine,
} from "@tabler/icons-react";

/** Every page, in the order of the menu. key: what follows g on the keyboard. */
export const PLACES = [
  { to: "/", name: "Overview", key: "o", icon: IconLayoutDashboard },
  { to: "/positions", name: "Positions", key: "p", icon: IconStack2 },
  { to: "/signals", name: "Signals", key: "s", icon: IconWaveSine },
  { to: "/leaders", name: "Leaders", key: "l", icon: IconTrophy },
  { to: "/backtests", name: "Backtests", key: "b", icon: IconChartHistogram },
  { to: "/replay", name: "Replay", key: "r", icon: IconHistory },
  { to: "/controls", name: "Controls", key: "c", icon: IconPlayerPause },
  { to: "/config", name: "Config", key: "f", icon: IconAdjustments },
  { to: "/health", name: "Health", key: "h", icon: IconActivityHeartbeat },
] as const;

/** How many of them the phone's bar shows; the others are behind More. */
export const ON_PHONE = 4;
