"""Stands for RAUC on a bus of its own: says that it installs a bundle.

RAUC itself installs into partitions, which a test does not have. The argument is a directory. An installation fails if
there is a file `fail` in it, and is slow if there is a file `slow`; `installed` lists the SHA-256 of installed bundles.
"""

import hashlib
import sys
from pathlib import Path

from gi.repository import Gio, GLib

DIRECTORY = Path(sys.argv[1])
NAME = "de.pengutronix.rauc"
INTERFACE = f"{NAME}.Installer"
XML = f"""
<node>
  <interface name="{INTERFACE}">
    <method name="Install"><arg type="s" direction="in"/></method>
    <method name="InstallBundle"><arg type="s" direction="in"/><arg type="a{{sv}}" direction="in"/></method>
    <signal name="Completed"><arg type="i"/></signal>
    <property name="Operation" type="s" access="read"/>
    <property name="LastError" type="s" access="read"/>
    <property name="Progress" type="(isi)" access="read"/>
  </interface>
</node>
"""
STEPS = ["Installing", "Checking bundle", "Copying image to rootfs.1"]
STEP_MS = 200
SLOW_STEP_MS = 3000

loop = GLib.MainLoop()
properties = {
    "Operation": GLib.Variant("s", "idle"),
    "LastError": GLib.Variant("s", ""),
    "Progress": GLib.Variant("(isi)", (0, "", 1)),
}


def change(bus, name, value):
    properties[name] = value
    changed = GLib.Variant("(sa{sv}as)", (INTERFACE, {name: value}, []))
    bus.emit_signal(None, "/", "org.freedesktop.DBus.Properties", "PropertiesChanged", changed)


def install(bus, source):
    bundle = Path(source).read_bytes()
    change(bus, "Operation", GLib.Variant("s", "installing"))
    steps = iter(enumerate(STEPS))

    def step():
        at, text = next(steps, (len(STEPS), None))
        if text is None:
            return finish(bus, bundle)
        change(bus, "Progress", GLib.Variant("(isi)", (at * 100 // len(STEPS), text, 1)))
        return True

    GLib.timeout_add(SLOW_STEP_MS if (DIRECTORY / "slow").exists() else STEP_MS, step)


def finish(bus, bundle):
    failed = (DIRECTORY / "fail").exists()
    if failed:
        change(bus, "LastError", GLib.Variant("s", "Installation error: the slot is worn out"))
    else:
        with (DIRECTORY / "installed").open("a") as file:
            file.write(hashlib.sha256(bundle).hexdigest() + "\n")
    change(bus, "Progress", GLib.Variant("(isi)", (100, "Installing failed." if failed else "Installing done.", 1)))
    bus.emit_signal(None, "/", INTERFACE, "Completed", GLib.Variant("(i)", (1 if failed else 0,)))
    change(bus, "Operation", GLib.Variant("s", "idle"))
    return False


def on_call(bus, _sender, _path, _interface, _method, parameters, invocation):
    invocation.return_value(None)
    install(bus, parameters[0])


def on_bus(bus, _name):
    interface = Gio.DBusNodeInfo.new_for_xml(XML).interfaces[0]
    bus.register_object("/", interface, on_call, lambda *asked: properties[asked[4]], None)


def on_name(_bus, _name):
    print("ready", flush=True)


Gio.bus_own_name(Gio.BusType.SYSTEM, NAME, Gio.BusNameOwnerFlags.NONE, on_bus, on_name, lambda *_: loop.quit())
loop.run()
