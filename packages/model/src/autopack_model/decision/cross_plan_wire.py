"""The plan of a cross side on the wire: in batches, each under 1 MiB."""

from collections.abc import Iterable, Iterator

from autopack.gatekeeper.v1 import gatekeeper_service_pb2 as pb
from autopack_model.decision.cross_plan import CrossPlan
from autopack_model.fields import string_batches


def cross_plan_to_wire(plan: CrossPlan) -> Iterator[pb.PlanCrossSideResponse]:
    """The messages of an answer, none where there is nothing to run."""
    for paths in string_batches(plan.paths):
        yield pb.PlanCrossSideResponse(paths=paths, modules=[], new_modules=[])
    for modules in string_batches(plan.modules):
        yield pb.PlanCrossSideResponse(paths=[], modules=modules, new_modules=[])
    for modules in string_batches(plan.new_modules):
        yield pb.PlanCrossSideResponse(paths=[], modules=[], new_modules=modules)


def cross_plan_from_wire(parts: Iterable[pb.PlanCrossSideResponse]) -> CrossPlan:
    """Put an answer together again. Raises InvalidValue."""
    paths: list[str] = []
    modules: list[str] = []
    new_modules: list[str] = []
    for part in parts:
        paths.extend(part.paths)
        modules.extend(part.modules)
        new_modules.extend(part.new_modules)
    return CrossPlan(paths=tuple(paths), modules=tuple(modules), new_modules=tuple(new_modules))
