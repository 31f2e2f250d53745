"""Stands in for the repositories that Bazel 4 downloads for any py_test.

Bazel 4's own files load rules_cc and rules_java while toolchains are
resolved, and every test depends on remote_coverage_tools, although a Python
test uses none of them. The names below are all that those files ask for.
"""

_CC_RULES = [
    "cc_binary",
    "cc_import",
    "cc_library",
    "cc_proto_library",
    "cc_test",
    "cc_toolchain",
    "cc_toolchain_suite",
    "objc_library",
]

_JAVA_RULES = [
    "java_binary",
    "java_import",
    "java_library",
    "java_runtime",
    "java_toolchain",
]

def _shim_repository_impl(ctx):
    package = ctx.attr.package
    ctx.file("BUILD", "".join([
        "filegroup(name = '{}', visibility = ['//visibility:public'])\n"
            .format(target)
        for target in ctx.attr.empty_targets
    ]))
    if package:
        ctx.file(package + "/BUILD", "")
        ctx.file(package + "/defs.bzl", "".join([
            "{0} = native.{0}\n".format(rule)
            for rule in ctx.attr.native_rules
        ]))

_shim_repository = repository_rule(
    implementation = _shim_repository_impl,
    attrs = {
        "empty_targets": attr.string_list(),
        "native_rules": attr.string_list(),
        "package": attr.string(),
    },
)

def offline_repositories():
    """Declares the stand-ins; call it before anything else loads them."""
    _shim_repository(
        name = "rules_cc",
        native_rules = _CC_RULES,
        package = "cc",
    )
    _shim_repository(
        name = "rules_java",
        native_rules = _JAVA_RULES,
        package = "java",
    )
    _shim_repository(
        name = "remote_coverage_tools",
        empty_targets = ["coverage_report_generator", "lcov_merger"],
    )
