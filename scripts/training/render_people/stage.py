"""Blender's part: meshes with materials, falling cloth, light, camera, and the picture with its exact alpha (Cycles)."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector

from scripts.training.render_people.assets import Bools, Faces, Floats, Ints, Mesh
from scripts.training.render_people.solids import Solid

Colour = tuple[float, float, float]
DECIMETRE = 0.1


def upright(points: Floats) -> Floats:
    """From decimetres with y up to metres with z up."""
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], 1) * DECIMETRE


def clear(samples: int, size: tuple[int, int]) -> None:
    """An empty stage that renders on a transparent ground, without removing noise from the picture's alpha."""
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_adaptive_sampling = samples, False
    scene.cycles.use_denoising = True
    scene.render.threads_mode, scene.render.threads = "FIXED", 1  # one process for each core draws more than all for one
    scene.cycles.max_bounces, scene.cycles.transparent_max_bounces = 4, 24
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = size
    scene.render.image_settings.file_format, scene.render.image_settings.color_mode = "PNG", "RGBA"
    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True


def shaded(name: str, **inputs: object) -> bpy.types.Material:
    """A material of Blender's principled shader; inputs by name, underscores for blanks."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    shader = material.node_tree.nodes["Principled BSDF"]
    for key, value in inputs.items():
        shader.inputs[key.replace("_", " ").title()].default_value = value
    return material


def painted(name: str, texture: Path, hue: float, strong: float, bright: float, **inputs: object) -> bpy.types.Material:
    """A material coloured by a texture, whose alpha counts. hue: 0.5 leaves it; strong and bright are factors."""
    material = shaded(name, **inputs)
    tree = material.node_tree
    picture, tint = tree.nodes.new("ShaderNodeTexImage"), tree.nodes.new("ShaderNodeHueSaturation")
    picture.image = bpy.data.images.load(str(texture), check_existing=True)
    for key, value in (("Hue", hue), ("Saturation", strong), ("Value", bright)):
        tint.inputs[key].default_value = value
    shader = tree.nodes["Principled BSDF"]
    tree.links.new(picture.outputs["Color"], tint.inputs["Color"])
    tree.links.new(tint.outputs["Color"], shader.inputs["Base Color"])
    tree.links.new(picture.outputs["Alpha"], shader.inputs["Alpha"])
    return material


def mean_colour(texture: Path, bright: float) -> Colour:
    """The mean of a texture where it is not transparent, made brighter by a factor."""
    pixels = np.array(bpy.data.images.load(str(texture), check_existing=True).pixels).reshape(-1, 4)
    red, green, blue = (pixels[pixels[:, 3] > 0.5, :3].mean(0) * bright).clip(0, 1)
    return float(red), float(green), float(blue)


def gauze(colour: Colour, cover: float) -> bpy.types.Material:
    """Thin cloth that hides that much of what lies behind it, 0..1."""
    return shaded("gauze", base_color=(*colour, 1), roughness=0.9, alpha=cover)


def add(name: str, points: Floats, faces: Faces, material: bpy.types.Material, smooth: bool = True) -> bpy.types.Object:
    """A mesh on the stage."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(upright(points).tolist(), [], faces)
    mesh.materials.append(material)
    mesh.polygons.foreach_set("use_smooth", [smooth] * len(mesh.polygons))
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def dress(
    name: str, points: Floats, mesh: Mesh, material: bpy.types.Material, hidden: Bools | None = None
) -> bpy.types.Object:
    """A textured mesh; faces of which all points are hidden are left out."""
    kept = [k for k, face in enumerate(mesh.faces) if hidden is None or not all(hidden[p] for p in face)]
    thing = add(name, points, [mesh.faces[k] for k in kept], material)
    layer = thing.data.uv_layers.new(name="uv")
    layer.data.foreach_set("uv", mesh.coordinates[[c for k in kept for c in mesh.corners[k]]].ravel().tolist())
    return thing


def solids(parts: list[Solid], materials: dict[str, bpy.types.Material]) -> None:
    """Parts with the materials that they name."""
    for number, part in enumerate(parts):
        add(f"{part.of} {number}", part.points, part.faces, materials[part.of], smooth=len(part.faces) > 6)


def strands(paths: list[Floats], radius: float, material: bpy.types.Material) -> None:
    """Hairs of a radius in metres, each a path of points in decimetres."""
    curve = bpy.data.curves.new("strands", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.bevel_resolution = "3D", radius, 0
    for path in paths:
        line = curve.splines.new("POLY")
        line.points.add(len(path) - 1)
        line.points.foreach_set("co", np.concatenate([upright(path), np.ones((len(path), 1))], 1).ravel().tolist())
    curve.materials.append(material)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("strands", curve))


def drape(
    points: Floats, faces: Faces, pinned: Ints, material: bpy.types.Material, over: list[bpy.types.Object], frames: int
) -> None:
    """Let a cloth, pinned at some of its points, fall on what is there for so many frames (24 a second), and keep it so."""
    for thing in over:
        thing.modifiers.new("stop", "COLLISION")
        thing.collision.thickness_outer, thing.collision.cloth_friction = 0.008, 25
    cloth = add("cloth", points, faces, material)
    cloth.vertex_groups.new(name="pinned").add(pinned.tolist(), 1.0, "REPLACE")
    fall = cloth.modifiers.new("fall", "CLOTH")
    fall.settings.vertex_group_mass = "pinned"
    fall.settings.quality, fall.settings.mass, fall.settings.air_damping = 6, 0.15, 2
    fall.settings.bending_stiffness = 0.05
    fall.collision_settings.distance_min, fall.collision_settings.use_self_collision = 0.006, False
    fall.point_cache.frame_end = frames
    for frame in range(1, frames + 1):
        bpy.context.scene.frame_set(frame)
    settled = bpy.data.meshes.new_from_object(cloth.evaluated_get(bpy.context.evaluated_depsgraph_get()))
    cloth.modifiers.clear()
    cloth.data = settled
    cloth.modifiers.new("fine", "SUBSURF").render_levels = 1
    for thing in over:
        thing.modifiers.remove(thing.modifiers["stop"])


def lamp(at: Floats, towards: Floats, watts: float, size: float, colour: Colour) -> None:
    """A square light; places in metres, z up."""
    light = bpy.data.lights.new("lamp", "AREA")
    light.energy, light.size, light.color = watts, size, colour
    thing = bpy.data.objects.new("lamp", light)
    thing.location = at
    thing.rotation_euler = Vector(towards - at).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(thing)


def sky(colour: Colour, strength: float) -> None:
    """Even light from everywhere."""
    background = bpy.context.scene.world.node_tree.nodes["Background"]
    background.inputs["Color"].default_value = (*colour, 1)
    background.inputs["Strength"].default_value = strength


def camera(at: Floats, towards: Floats, lens: float, roll: float) -> None:
    """lens in millimetres of a 36 mm picture's longer side; roll in radians; places in metres."""
    eye = bpy.data.cameras.new("camera")
    eye.lens = lens
    thing = bpy.data.objects.new("camera", eye)
    thing.location = at
    thing.rotation_euler = Vector(towards - at).to_track_quat("-Z", "Y").to_euler()
    thing.rotation_euler.rotate_axis("Z", roll)
    bpy.context.scene.collection.objects.link(thing)
    bpy.context.scene.camera = thing


def shoot(file: Path, exposure: float) -> None:
    """Render to a PNG of straight RGB and alpha."""
    scene = bpy.context.scene
    scene.view_settings.exposure = exposure
    scene.render.filepath = str(file)
    bpy.ops.render.render(write_still=True)
