"""A plugin that implements all hooks and prints when they are called."""

from echo import register

from espalier_plugin import serve


def on_activate():
    print("activated")


def on_deactivate():
    print("deactivated")


def on_configuration_change(configuration):
    print(f"configured {configuration['name']}")


serve(
    register,
    on_activate=on_activate,
    on_deactivate=on_deactivate,
    on_configuration_change=on_configuration_change,
)
