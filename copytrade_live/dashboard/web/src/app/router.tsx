import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { sessionQuery } from "../api/queries";
import { BrokenPage, NoSuchPage } from "./BrokenPage";
import { Shell } from "./Shell";
import { signalSearch, text } from "./search";

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ notFoundComponent: NoSuchPage });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (search): { next?: string } => text(search, "next"),
  component: lazyRouteComponent(() => import("../pages/login/LoginPage"), "LoginPage"),
});

const shell = createRoute({
  getParentRoute: () => root,
  id: "shell",
  component: Shell,
  errorComponent: BrokenPage,
  beforeLoad: async ({ context, location }) => {
    const session = await context.queries.query(sessionQuery);
    if (session === null) throw redirect({ to: "/login", search: { next: location.href } });
  },
});

const overview = createRoute({
  getParentRoute: () => shell,
  path: "/",
  component: lazyRouteComponent(() => import("../pages/overview/OverviewPage"), "OverviewPage"),
});
const positions = createRoute({
  getParentRoute: () => shell,
  path: "/positions",
  component: lazyRouteComponent(() => import("../pages/positions/PositionsPage"), "PositionsPage"),
});
const leaders = createRoute({
  getParentRoute: () => shell,
  path: "/leaders",
  component: lazyRouteComponent(() => import("../pages/leaders/LeadersPage"), "LeadersPage"),
});
const leader = createRoute({
  getParentRoute: () => shell,
  path: "/leaders/$wallet",
  component: lazyRouteComponent(() => import("../pages/leaders/LeaderPage"), "LeaderPage"),
});
const signals = createRoute({
  getParentRoute: () => shell,
  path: "/signals",
  validateSearch: signalSearch,
  component: lazyRouteComponent(() => import("../pages/signals/SignalsPage"), "SignalsPage"),
});
const signal = createRoute({
  getParentRoute: () => shell,
  path: "/signals/$signalId",
  component: lazyRouteComponent(() => import("../pages/signals/WhyPage"), "WhyPage"),
});
const backtests = createRoute({
  getParentRoute: () => shell,
  path: "/backtests",
  component: lazyRouteComponent(() => import("../pages/backtests/BacktestsPage"), "BacktestsPage"),
});
const comparison = createRoute({
  getParentRoute: () => shell,
  path: "/backtests/compare",
  validateSearch: (search): { one?: string; other?: string } => text(search, "one", "other"),
  component: lazyRouteComponent(() => import("../pages/backtests/ComparePage"), "ComparePage"),
});
const backtest = createRoute({
  getParentRoute: () => shell,
  path: "/backtests/$runId",
  component: lazyRouteComponent(() => import("../pages/backtests/BacktestPage"), "BacktestPage"),
});
const replay = createRoute({
  getParentRoute: () => shell,
  path: "/replay",
  component: lazyRouteComponent(() => import("../pages/replay/ReplayPage"), "ReplayPage"),
});
const controls = createRoute({
  getParentRoute: () => shell,
  path: "/controls",
  component: lazyRouteComponent(() => import("../pages/controls/ControlsPage"), "ControlsPage"),
});
const config = createRoute({
  getParentRoute: () => shell,
  path: "/config",
  component: lazyRouteComponent(() => import("../pages/config/ConfigPage"), "ConfigPage"),
});
const health = createRoute({
  getParentRoute: () => shell,
  path: "/health",
  component: lazyRouteComponent(() => import("../pages/health/HealthPage"), "HealthPage"),
});

const inside = [
  overview,
  positions,
  leaders,
  leader,
  signals,
  signal,
  backtests,
  comparison,
  backtest,
  replay,
];
const tree = root.addChildren([login, shell.addChildren([...inside, controls, config, health] as const)]);

/** Every page and its address. */
export function makeRouter(queries: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queries },
    defaultPreload: "intent",
    scrollRestoration: true,
    defaultErrorComponent: BrokenPage,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
