"""Stand-ins for what a parser's package imports and its parsers do not use (torch, transformers, …)."""
import importlib.abc
import importlib.machinery
import sys
import types


class Stub:
    """Anything at all: a base that adds nothing, a decorator that changes nothing, a value that is false."""

    def __init__(self, name="stub"):
        self.__dict__["__name__"] = self.__dict__["__qualname__"] = name

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(name)

    def __call__(self, *args, **kwargs):
        return args[0] if len(args) == 1 and not kwargs and callable(args[0]) else Stub()

    def __mro_entries__(self, bases):
        return ()

    def __instancecheck__(self, value):
        return False

    def __subclasscheck__(self, value):
        return False

    def __getitem__(self, item):
        return self

    def __or__(self, other):
        return object

    __ror__ = __or__

    def __iter__(self):
        return iter(())

    def __contains__(self, item):
        return False

    def __len__(self):
        return 0

    def __bool__(self):
        return False

    def __int__(self):
        return 0

    __index__ = __int__

    def __float__(self):
        return 0.0

    def __lt__(self, other):
        return False

    __gt__ = __lt__

    def __le__(self, other):
        return True

    __ge__ = __le__

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def __get_pydantic_core_schema__(self, source, handler):
        from pydantic_core import core_schema

        return core_schema.any_schema()


class Module(types.ModuleType):
    def __getattr__(self, name):
        if name == "__version__":
            return "99.0"
        if name.startswith("__"):
            raise AttributeError(name)
        value = sys.modules.get(f"{self.__name__}.{name}") or Stub(name)
        setattr(self, name, value)
        return value


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds a stub for each module in `roots`, and those in them."""

    def __init__(self, roots):
        self.roots = set(roots)

    def find_spec(self, name, path=None, target=None):
        if name in self.roots or any(name.startswith(f"{root}.") for root in self.roots):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        module = Module(spec.name)
        module.__path__ = []
        return module

    def exec_module(self, module):
        pass


def load(name, roots=()):
    """Imports `name`, with stubs for `roots` and for whatever is not installed. Returns it and their names."""
    finder = Finder(roots)
    sys.meta_path.insert(0, finder)
    own = name.split(".")[0]
    while True:
        try:
            return importlib.import_module(name), sorted(finder.roots)
        except ModuleNotFoundError as error:
            root = error.name if error.name.split(".")[0] == own else error.name.split(".")[0]
            if root in finder.roots or root == own:
                raise
            finder.roots.add(root)
            for module in [module for module in sys.modules if module.split(".")[0] == own]:
                del sys.modules[module]
