import { Kbd, Modal, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useEffectEvent, useRef, useState } from "react";
import { useHalt } from "./HaltButton";
import { isWriting, KeyReader, onHelp, SHORTCUTS } from "./shortcutKeys";
import css from "./Shortcuts.module.css";

const ROWS = "main [data-row-link]";

/** The keyboard, and the sheet that explains it. */
export function Shortcuts() {
  const [isOpen, setOpen] = useState(false);
  const reader = useRef(new KeyReader());
  const navigate = useNavigate();
  const halt = useHalt();
  const { setColorScheme } = useMantineColorScheme({ keepTransitions: true });
  const scheme = useComputedColorScheme("light");
  const act = useEffectEvent((action: string): void => {
    if (action === "?") setOpen(true);
    else if (action === "t") setColorScheme(scheme === "dark" ? "light" : "dark");
    else if (action === "H") halt.mutate();
    else if (action === "/") document.querySelector<HTMLElement>("[data-filter]")?.focus();
    else if (action === "j" || action === "k") walkRows(action === "j" ? 1 : -1);
    else void navigate({ to: action });
  });
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      const action = reader.current.read(event.key, event.timeStamp);
      if (action === null) return;
      event.preventDefault();
      act(action);
    };
    window.addEventListener("keydown", pressed);
    const forget = onHelp(() => {
      setOpen(true);
    });
    return () => {
      window.removeEventListener("keydown", pressed);
      forget();
    };
  }, []);
  return (
    <Modal
      opened={isOpen}
      onClose={() => {
        setOpen(false);
      }}
      title="Keyboard"
    >
      <dl className={css["keys"]}>
        {SHORTCUTS.map((shortcut) => (
          <div key={shortcut.keys}>
            <dt>
              {shortcut.keys
                .split(" ")
                .map((key) => (key === "/" && shortcut.keys !== "/" ? " / " : <Kbd key={key}>{key}</Kbd>))}
            </dt>
            <dd>{shortcut.does}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  );
}

function walkRows(by: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const here = links.findIndex((link) => link === document.activeElement);
  links[here < 0 ? (by > 0 ? 0 : links.length - 1) : here + by]?.focus();
}
