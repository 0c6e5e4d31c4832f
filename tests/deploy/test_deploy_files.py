"""What deploy/ holds is well formed and keeps the rules that a site needs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from gongwen.web.app import create_app
from gongwen.web.settings import ServeSettings

from .site import certificate, filled_in

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
STORES = ("postgres", "opensearch-1", "opensearch-2", "opensearch-3")
PINNED = re.compile(r"[\w./-]+:v?\d+\.\d+(?:\.\d+)?(?:-[\w.-]+)?")
SECRET = re.compile(r"(?i)(password|passwd|secret|token|hash)\b")


def variables_of(service: dict[str, Any]) -> dict[str, str]:
    return dict(service.get("environment", {}))


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_pinned_watched_and_started_again(name: str) -> None:
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"]), service["image"]
    assert service["restart"] == "unless-stopped"
    check = service["healthcheck"]
    assert check["test"][0] in ("CMD", "CMD-SHELL")
    assert {"interval", "timeout", "retries"} <= set(check)
    assert service["networks"]


def test_there_are_the_parts_of_a_site() -> None:
    assert set(SERVICES) == {*STORES, "gongwen", "nginx", "prometheus"}
    assert {SERVICES[name]["image"].split(":")[1] for name in STORES[1:]} == {"2.19.3"}
    assert set(SERVICES["gongwen"]["depends_on"]) == set(STORES)
    assert SERVICES["prometheus"]["profiles"] == ["monitoring"]


def test_only_the_proxy_is_reached_from_outside() -> None:
    published = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert published == {"nginx": ["443:443"], "prometheus": ["127.0.0.1:9090:9090"]}
    for name in STORES:
        assert SERVICES[name]["networks"] == ["back"]
    assert COMPOSE["networks"]["back"]["internal"] is True


def test_what_is_kept_lies_in_volumes() -> None:
    for name in (*STORES, "gongwen", "prometheus"):
        named = [one.split(":")[0] for one in SERVICES[name]["volumes"] if one[0] not in "./"]
        assert len(named) == 1 and named[0] in COMPOSE["volumes"], name
    assert len(COMPOSE["volumes"]) == 6


def test_files_that_are_mounted_are_here_or_named_as_the_sites_own() -> None:
    own = ("tls/", "users.txt", "opensearch/internal_users.yml")
    for service in SERVICES.values():
        for one in service["volumes"]:
            source = one.split(":")[0]
            if source.startswith("./") and not source[2:].startswith(own):
                assert (DEPLOY / source).is_file(), source


def test_no_secret_stands_in_it() -> None:
    for service in SERVICES.values():
        for name, value in variables_of(service).items():
            if SECRET.search(name):
                assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", value), name
            assert not re.search(r"//[^/@]*:[^/@]*@", str(value)), name
    for line in (DEPLOY / "site.env.example").read_text("utf-8").splitlines():
        name, _equals, value = line.partition("=")
        if not line.startswith("#") and SECRET.search(name):
            assert value == "", line
    users = yaml.safe_load((DEPLOY / "opensearch" / "internal_users.yml.example").read_text())
    assert users["gongwen"]["hash"] == ""
    own = (DEPLOY / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    kept_out = DEPLOY.parent / ".gitignore"  # a source archive has none
    for line in kept_out.read_text("utf-8").splitlines() if kept_out.exists() else []:
        if line.startswith("deploy/"):
            assert line.rstrip("/") in own, "kept out of Git, and so out of the image"
    for path in DEPLOY.rglob("*"):
        assert path.is_dir() or "PRIVATE KEY" not in path.read_text("utf-8"), path


def test_variables_of_the_compose_file_stand_in_the_example() -> None:
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    wanted = set(re.findall(r"(?<!\$)\$\{(\w+):\?", text))
    given = re.findall(r"^(\w+)=", (DEPLOY / "site.env.example").read_text("utf-8"), re.MULTILINE)
    assert wanted <= set(given)


def test_the_server_takes_what_the_compose_file_gives(tmp_path: Path) -> None:
    from gongwen.cli.app import whole

    words = [one.replace("${SITE:?set it in site.env}", "x.example") for one in
             SERVICES["gongwen"]["command"]]  # fmt: skip
    context = whole().make_context("gongwen", words)
    command = whole().commands["serve"]
    given = command.make_context("serve", words[1:], parent=context).params
    assert given["metrics_port"] == 9464
    subnet = COMPOSE["networks"]["front"]["ipam"]["config"][0]["subnet"]
    assert list(given["trust_proxy"]) == [subnet]
    assert ServeSettings(folder=tmp_path, proxies=(subnet,)).proxies


def test_the_unit_takes_only_what_it_needs() -> None:
    unit = (DEPLOY / "gongwen.service").read_text("utf-8")
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=",
                 "User=gongwen", "Restart=on-failure"):  # fmt: skip
        assert f"\n{line}\n" in unit
    if not shutil.which("systemd-analyze"):
        pytest.skip("there is no systemd-analyze")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd-analyze")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = (DEPLOY / "gongwen.service").read_text("utf-8")
    path = tmp_path / "gongwen.service"
    path.write_text(unit.replace("/opt/gongwen/bin/gongwen", "/bin/true"), "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)],
        capture_output=True, text=True, env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "gongwen.service" not in done.stderr


@pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="there is no nginx or openssl"
)
def test_nginx_understands_the_proxy(tmp_path: Path) -> None:
    certificate(tmp_path, "localhost")
    names = {"SITE": "gongwen.example.org", "HTTPS_PORT": "8449", "UPSTREAM": "127.0.0.1:8859",
             "TLS": str(tmp_path)}  # fmt: skip
    filled = filled_in(DEPLOY / "nginx.conf.template", names)
    assert "${" not in filled
    main = tmp_path / "nginx.conf"
    main.write_text(f"pid {tmp_path}/pid;\nevents {{}}\nhttp {{\n{filled}\n}}\n", "utf-8")
    done = subprocess.run(
        ["nginx", "-t", "-q", "-c", str(main), "-p", str(tmp_path), "-e", "stderr"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


def test_prometheus_asks_for_metrics_that_there_are(tmp_path: Path) -> None:
    main = yaml.safe_load((DEPLOY / "prometheus.yml").read_text("utf-8"))
    assert main["rule_files"] == ["alerts.yml"]
    [job] = main["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["gongwen:9464"]}]
    app = create_app(ServeSettings(folder=tmp_path / "library", metrics_port=0))
    try:
        families = {one.name for one in app.state.metrics.registry.collect()}
    finally:
        app.state.site.close()
        app.state.metrics.close()
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    assert len(rules) >= 6
    for rule in rules:
        assert rule["annotations"]["summary"]
        for name in re.findall(r"gongwen_\w+", rule["expr"]):
            assert re.sub(r"_(?:total|bucket|count|sum)$", "", name) in families, name


def test_the_image_has_all_that_a_site_needs() -> None:
    text = (DEPLOY / "Dockerfile").read_text("utf-8")
    assert all(PINNED.fullmatch(one) for one in re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    assert "[web,opensearch,postgres,metrics]" in text
    assert re.search(r"^USER gongwen$", text, re.MULTILINE)
    assert json.loads(re.findall(r"^ENTRYPOINT (.+)$", text, re.MULTILINE)[0]) == ["gongwen"]
