import type { components } from "./schema";

/** Every shape of the API, generated from its OpenAPI schema. */
export type Schemas = components["schemas"];

export type Overview = Schemas["Overview"];
export type Position = Schemas["PositionRow"];
export type Leader = Schemas["LeaderRow"];
export type Score = Schemas["ScoreRow"];
export type Signal = Schemas["SignalRow"];
export type SignalDetail = Schemas["SignalDetail"];
export type GateAnswer = Schemas["GateAnswer"];
export type Backtest = Schemas["BacktestRow"];
export type BacktestDetail = Schemas["BacktestDetail"];
export type Command = Schemas["Command"];
export type Session = Schemas["SessionView"];
export type Refusal = Schemas["Refusal"];
