"""REST addresses of the building blocks, below /api/v1/."""

from django.urls import path

from avatars.rest import about, assets, blocks, presets

urlpatterns = [
    path("info", about.InfoView.as_view(), name="api_info"),
    path("speech", blocks.SpeechView.as_view(), name="api_speech"),
    path("lipsync", blocks.LipsyncView.as_view(), name="api_lipsync"),
    path("avatars/<str:avatar_id>/state", presets.AvatarLookView.as_view(), name="api_avatar_state"),
    path("presets", presets.PresetsView.as_view(), name="api_presets"),
    path("presets/<uuid:preset_id>", presets.PresetView.as_view(), name="api_preset"),
    path("assets", assets.AssetsView.as_view(), name="api_assets"),
    path("assets/<uuid:asset_id>", assets.AssetView.as_view(), name="api_asset"),
]
