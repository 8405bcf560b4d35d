"""push-build-results as a module: the program has no suffix, for it is a command."""
import importlib.machinery
import importlib.util
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
PATH = os.path.join(os.path.dirname(HERE), 'bin', 'push-build-results')
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'fixtures')
sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader('push_build_results', PATH)
push = importlib.util.module_from_spec(importlib.util.spec_from_loader('push_build_results', LOADER))
LOADER.exec_module(push)
