import { Drawer } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { ON_PHONE, PLACES } from "./places";
import css from "./Shell.module.css";

/** The menu of a phone, under the thumb. */
export function PhoneBar() {
  const [isOpen, more] = useDisclosure(false);
  return (
    <nav className={css["bottom"]} aria-label="Pages, on a phone">
      {PLACES.slice(0, ON_PHONE).map((place) => (
        <Link
          key={place.to}
          to={place.to}
          className={css["place"]}
          activeOptions={{ exact: place.to === "/" }}
        >
          <place.icon size={20} stroke={1.8} aria-hidden />
          {place.name}
        </Link>
      ))}
      <button type="button" className={css["place"]} onClick={more.open} aria-haspopup="dialog">
        <IconDots size={20} aria-hidden />
        More
      </button>
      <Drawer opened={isOpen} onClose={more.close} position="bottom" size="auto" title="More pages">
        <div className={css["more"]}>
          {PLACES.slice(ON_PHONE).map((place) => (
            <Link key={place.to} to={place.to} className={css["place"]} onClick={more.close}>
              <place.icon size={20} stroke={1.8} aria-hidden />
              {place.name}
            </Link>
          ))}
        </div>
      </Drawer>
    </nav>
  );
}
