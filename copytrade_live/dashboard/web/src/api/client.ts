import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./schema";
import type { Schemas } from "./types";

/** A request the server did not answer as asked, in its own words. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }

  /** Nobody is logged in, or no longer. */
  get isSessionGone(): boolean {
    return this.status === 401;
  }
}

let csrf = "";

/** The word that goes with every change; it lives in memory alone. */
export function rememberCsrf(word: string): void {
  csrf = word;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

const withCsrf: Middleware = {
  onRequest({ request }) {
    if (!SAFE.has(request.method)) request.headers.set("X-CSRF-Token", csrf);
    return request;
  },
};

export const client = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
client.use(withCsrf);

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** The data of an answer. Throws: ApiError with what the server said. */
export async function take<Data>(asked: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "unreachable", "The dashboard's server does not answer. Is copytrade up running?");
  }
  if (answer.data !== undefined) return answer.data;
  if (answer.response.ok) return undefined as Data;
  throw said(answer.response.status, answer.error);
}

function said(status: number, body: unknown): ApiError {
  const problem = body as Partial<Schemas["Problem"]> | undefined;
  if (typeof problem?.message === "string") {
    return new ApiError(status, problem.code ?? String(status), problem.message);
  }
  return new ApiError(status, String(status), `The server answered ${status}.`);
}
