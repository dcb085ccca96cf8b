"""Where leaders' fills come from: several sources behind one port, each fill one signal."""
