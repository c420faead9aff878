"""What facekit costs, as ratios measured side by side on the machine at hand."""
