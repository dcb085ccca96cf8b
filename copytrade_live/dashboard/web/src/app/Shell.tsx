import { Link, Outlet } from "@tanstack/react-router";
import { Fragment } from "react";
import { LineContext } from "./LineContext";
import { PhoneBar } from "./PhoneBar";
import { PLACES } from "./places";
import css from "./Shell.module.css";
import { Shortcuts } from "./Shortcuts";
import { StaleNotice } from "./StaleNotice";
import { TopBar } from "./TopBar";
import { useStream } from "./useStream";

/** What surrounds every page: the menu, the state of things, and the way to stop. */
export function Shell() {
  const line = useStream();
  return (
    <LineContext value={line}>
      <div className={css["shell"]}>
        <a className={css["skip"]} href="#main">
          Skip to the page
        </a>
        <nav className={css["side"]} aria-label="Pages">
          <div className={css["brand"]}>
            <img src="/icon.svg" alt="" />
            <span className={css["label"]}>copytrade</span>
          </div>
          {PLACES.map((place) => (
            <Fragment key={place.to}>
              {place.to === "/controls" && <div className={css["grow"]} />}
              <Link
                to={place.to}
                className={css["place"]}
                title={place.name}
                activeOptions={{ exact: place.to === "/", includeSearch: false }}
              >
                <place.icon size={18} stroke={1.8} aria-hidden />
                <span className={css["label"]}>{place.name}</span>
              </Link>
            </Fragment>
          ))}
        </nav>
        <TopBar />
        <main id="main" className={css["main"]} tabIndex={-1}>
          <StaleNotice />
          <Outlet />
        </main>
        <PhoneBar />
      </div>
      <Shortcuts />
    </LineContext>
  );
}
