import { PLACES } from "./places";

/** What a key stands for, as the help sheet lists it. */
export interface Shortcut {
  keys: string;
  does: string;
}

export const SHORTCUTS: readonly Shortcut[] = [
  ...PLACES.map((place) => ({ keys: `g ${place.key}`, does: place.name })),
  { keys: "j / k", does: "Next or previous row" },
  { keys: "Enter", does: "Open the row" },
  { keys: "/", does: "To the filter" },
  { keys: "t", does: "Light or dark" },
  { keys: "Shift H", does: "Halt: no new entries" },
  { keys: "?", does: "This sheet" },
  { keys: "Esc", does: "Close" },
];

const HELP = "copytrade:help";

/** Open the help sheet. */
export function showHelp(): void {
  window.dispatchEvent(new Event(HELP));
}

/** Be told when the help sheet is asked for. Returns: how to stop. */
export function onHelp(open: () => void): () => void {
  window.addEventListener(HELP, open);
  return () => {
    window.removeEventListener(HELP, open);
  };
}

/** Whether someone is writing, so that a letter is a letter. */
export function isWriting(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName))
  );
}

/** Reads keys one by one: "g" waits a moment for the letter after it. */
export class KeyReader {
  private sawG = 0;

  /** The action a key stands for now, or null. at: milliseconds. */
  read(key: string, at: number): string | null {
    if (key === "g") {
      this.sawG = at;
      return null;
    }
    const isSecond = at - this.sawG < 1_200;
    this.sawG = 0;
    if (isSecond) {
      const place = PLACES.find((one) => one.key === key);
      if (place) return place.to;
    }
    return ["?", "t", "H", "/", "j", "k"].includes(key) ? key : null;
  }
}
