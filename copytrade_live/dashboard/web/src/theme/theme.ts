import { createTheme, Drawer, Modal, Tooltip } from "@mantine/core";

const CLOSE = { "aria-label": "Close" };

/** The component library's settings. What it would write into style tags at run time stands in tokens.css. */
export const theme = createTheme({
  primaryColor: "indigo",
  defaultRadius: "md",
  cursorType: "pointer",
  components: {
    // Locking the scroll writes a style tag, which the security policy refuses.
    Modal: Modal.extend({
      defaultProps: { lockScroll: false, centered: true, radius: "lg", closeButtonProps: CLOSE },
    }),
    Drawer: Drawer.extend({
      defaultProps: { lockScroll: false, position: "right", closeButtonProps: CLOSE },
    }),
    Tooltip: Tooltip.extend({ defaultProps: { withArrow: true, openDelay: 250, multiline: true, maw: 320 } }),
  },
});
