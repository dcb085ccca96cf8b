import { useQuery } from "@tanstack/react-query";
import { wordsQuery } from "./queries";
import type { Schemas } from "./types";

/** Lists of words; the same word means something else in another one. */
export type Kind = keyof Schemas["Words"];

/** The sentence of a word of the wire; undefined for one that has none. */
export function useMeaning(kind: Kind, word: string | null | undefined): string | undefined {
  const { data } = useQuery(wordsQuery);
  return data?.[kind].find((one) => one.word === word)?.meaning;
}
